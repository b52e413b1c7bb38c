/**
 * Clustering.
 *
 * @module
 */

export {};
