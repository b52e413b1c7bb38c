/**
 * Estimators made of estimators: bagging, voting, stacking.
 *
 * @module
 */

export {};
