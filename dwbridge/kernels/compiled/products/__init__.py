"""Convolution as matrix products with the images themselves.

panels.py           what columns of a product see of the images, gathered
product_tiles.py    the products of a tile, in registers
image_products.py   products that give images: the forward pass and the gradient of x
weight_products.py  sums over all pixels: the gradient of W
"""
