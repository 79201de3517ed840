"""Level 2: a StyleGAN of the actor's texture maps, an encoder into its latent space, directions there (CCFE 3.4).

The mouth of CCFE 3.5.2 is filled by the same kind of networks, so the same code trains both.
"""
