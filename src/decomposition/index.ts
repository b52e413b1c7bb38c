/**
 * Principal components and truncated singular values.
 *
 * @module
 */

export {};
