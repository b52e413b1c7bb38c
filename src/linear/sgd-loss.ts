/** The loss of a prediction and its slope. */
export interface Loss {
  /** @param p - the prediction. @param y - the target: of classifiers 1 or −1. */
  value(p: number, y: number): number;
  /** Derivative by the prediction. */
  slope(p: number, y: number): number;
}

/** Losses for classification, of the margin z = y·p. */
export type ClassificationLoss = 'hinge' | 'squaredHinge' | 'perceptron' | 'logLoss' | 'modifiedHuber';
/** Losses for regression, of the difference p − y. */
export type RegressionLoss = 'squaredError' | 'huber' | 'epsilonInsensitive' | 'squaredEpsilonInsensitive';

export const REGRESSION_LOSSES: readonly RegressionLoss[] = [
  'squaredError',
  'huber',
  'epsilonInsensitive',
  'squaredEpsilonInsensitive',
];
export const ALL_LOSSES: readonly (ClassificationLoss | RegressionLoss)[] = [
  'hinge',
  'squaredHinge',
  'perceptron',
  'logLoss',
  'modifiedHuber',
  ...REGRESSION_LOSSES,
];

/** @param epsilon - where huber turns linear, and up to where the ε-insensitive losses are 0. */
export function lossOf(name: ClassificationLoss | RegressionLoss, epsilon: number): Loss {
  switch (name) {
    case 'hinge':
      return hinge(1);
    case 'perceptron':
      return hinge(0);
    case 'squaredHinge':
      return {
        value: (p, y) => Math.max(0, 1 - p * y) ** 2,
        slope: (p, y) => (1 - p * y > 0 ? -2 * y * (1 - p * y) : 0),
      };
    case 'logLoss':
      return { value: logLoss, slope: logLossSlope };
    case 'modifiedHuber':
      return modifiedHuber;
    case 'squaredError':
      return { value: (p, y) => 0.5 * (p - y) * (p - y), slope: (p, y) => p - y };
    case 'huber':
      return huber(epsilon);
    case 'epsilonInsensitive':
      return {
        value: (p, y) => Math.max(0, Math.abs(y - p) - epsilon),
        slope: (p, y) => (y - p > epsilon ? -1 : p - y > epsilon ? 1 : 0),
      };
    case 'squaredEpsilonInsensitive':
      return {
        value: (p, y) => Math.max(0, Math.abs(y - p) - epsilon) ** 2,
        slope: (p, y) => (y - p > epsilon ? -2 * (y - p - epsilon) : y - p < -epsilon ? 2 * (p - y - epsilon) : 0),
      };
  }
}

/** max(0, threshold − z). */
function hinge(threshold: number): Loss {
  return {
    value: (p, y) => (p * y <= threshold ? threshold - p * y : 0),
    slope: (p, y) => (p * y <= threshold ? -y : 0),
  };
}

/** Beyond this margin 1 + exp(−|z|) is 1. */
const FAR = 18;

function logLoss(p: number, y: number): number {
  const z = p * y;
  if (z > FAR) return Math.exp(-z);
  return z < -FAR ? -z : Math.log(1 + Math.exp(-z));
}

function logLossSlope(p: number, y: number): number {
  const z = p * y;
  if (z > FAR) return Math.exp(-z) * -y;
  return z < -FAR ? -y : -y / (Math.exp(z) + 1);
}

/** The squared hinge down to z = −1, linear beyond. */
const modifiedHuber: Loss = {
  value: (p, y) => {
    const z = p * y;
    if (z >= 1) return 0;
    return z >= -1 ? (1 - z) * (1 - z) : -4 * z;
  },
  slope: (p, y) => {
    const z = p * y;
    if (z >= 1) return 0;
    return z >= -1 ? 2 * (1 - z) * -y : -4 * y;
  },
};

function huber(c: number): Loss {
  return {
    value: (p, y) => {
      const r = Math.abs(p - y);
      return r <= c ? 0.5 * r * r : c * r - 0.5 * c * c;
    },
    slope: (p, y) => Math.max(-c, Math.min(c, p - y)),
  };
}
