// AssemblyScript. What the compiled module exports.
export { convolve } from './convolve';
export { dotProduct } from './dot-product';
