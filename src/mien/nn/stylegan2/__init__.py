"""StyleGAN2: generator, discriminator, losses, adaptive augmentation.

Source: T. Karras et al., "Analyzing and Improving the Image Quality of StyleGAN", CVPR 2020 (config F), and "Training
Generative Adversarial Networks with Limited Data", NeurIPS 2020. Sizes that the papers leave to their code are taken as
facts from it and named where they stand.
"""
