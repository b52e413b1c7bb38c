/**
 * Decision trees, forests of them, and boosting.
 *
 * @module
 */

export {};
