/**
 * Naive Bayes classifiers.
 *
 * @module
 */

export {};
