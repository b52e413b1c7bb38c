/**
 * Text to numbers: vectorisers and segmentation.
 *
 * @module
 */

export {};
