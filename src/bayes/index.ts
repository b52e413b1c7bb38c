/**
 * Naive Bayes classifiers.
 *
 * @module
 */

export { BernoulliNB, type BernoulliNBOptions, FittedBernoulliNB } from './bernoulli-nb';
export { ComplementNB, type ComplementNBOptions, FittedComplementNB } from './complement-nb';
export type { DiscreteNBOptions } from './discrete-nb';
export { FittedGaussianNB, GaussianNB, type GaussianNBOptions } from './gaussian-nb';
export { FittedMultinomialNB, MultinomialNB, type MultinomialNBOptions } from './multinomial-nb';
export type { PartialFitOptions } from './read';
