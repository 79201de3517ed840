"""Camera, rotation, mesh, light, rasteriser and warp: geometry that knows no face and no video."""
