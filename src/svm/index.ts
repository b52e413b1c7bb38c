/**
 * Support vector machines.
 *
 * @module
 */

export {};
