/**
 * Scaling, encoding, filling in and selecting features.
 *
 * @module
 */

export {};
