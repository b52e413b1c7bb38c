/**
 * Nearest neighbours, and what is learned from them.
 *
 * @module
 */

export {};
