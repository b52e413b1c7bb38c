import { GaussianNB } from 'kompakt/bayes';
import { LinearRegression, LogisticRegression, Ridge } from 'kompakt/linear';
import { MinMaxScaler, StandardScaler } from 'kompakt/preprocessing';

const classifiers = [
  ['bayes', new GaussianNB()],
  ['logistic', new LogisticRegression()],
];
const regressors = [
  ['ridge', new Ridge()],
  ['plain', new LinearRegression()],
];
const classifier = new LogisticRegression();

/** What classes need that can't be made without, and options that keep them quick. */
const NEEDED: Readonly<Record<string, readonly unknown[]>> = {
  OneVsRestClassifier: [{ estimator: classifier }],
  VotingClassifier: [{ estimators: classifiers }],
  VotingRegressor: [{ estimators: regressors }],
  StackingClassifier: [{ estimators: classifiers, cv: 2 }],
  StackingRegressor: [{ estimators: regressors, cv: 2 }],
  BaggingClassifier: [{ estimator: new GaussianNB(), nEstimators: 2, seed: 1 }],
  BaggingRegressor: [{ estimator: new Ridge(), nEstimators: 2, seed: 1 }],
  ColumnTransformer: [[['scale', new StandardScaler(), [0, 1]]]],
  RFE: [classifier],
  SelectFromModel: [classifier],
  FunctionTransformer: [{}],
  Pipeline: [
    [
      ['scale', new StandardScaler()],
      ['clf', classifier],
    ],
  ],
  FeatureUnion: [
    [
      ['a', new StandardScaler()],
      ['b', new MinMaxScaler()],
    ],
  ],
  GridSearchCV: [classifier, { C: [1, 2] }, { cv: 2 }],
  RandomizedSearchCV: [classifier, { C: [1, 2] }, { nIter: 2, cv: 2 }],
  HalvingGridSearchCV: [classifier, { C: [1, 2] }, { cv: 2 }],
  HalvingRandomSearchCV: [classifier, { C: [1, 2] }, { cv: 2 }],
  FixedThresholdClassifier: [classifier],
  TunedThresholdClassifier: [classifier],
  TunedThresholdClassifierCV: [classifier],
  TransformedTargetRegressor: [{ regressor: new Ridge() }],
  SMOTENC: [{ categoricalFeatures: [2] }],
  ElasticNetCV: [{ nAlphas: 3, cv: 2 }],
  LassoCV: [{ nAlphas: 3, cv: 2 }],
  LogisticRegressionCV: [{ Cs: 2, cv: 2 }],
};

/** Of these ten members do. */
const MANY = /Forest|ExtraTrees|AdaBoost|GradientBoosting|EasyEnsemble|RUSBoost|BalancedBagging/;

export function argumentsOf(name: string): readonly unknown[] {
  const needed = NEEDED[name];
  if (needed !== undefined) return needed;
  if (name.startsWith('HistGradient')) return [{ maxIter: 5 }];
  return MANY.test(name) ? [{ nEstimators: 3, seed: 1 }] : [];
}

/** The same with some options changed. */
export function withOptions(args: readonly unknown[], options: object): readonly unknown[] {
  const last = args.at(-1);
  const hasOptions = args.length > 0 && Object.getPrototypeOf(last) === Object.prototype;
  const isGrid = hasOptions && 'C' in (last as object);
  return hasOptions && !isGrid ? [...args.slice(0, -1), { ...(last as object), ...options }] : [...args, options];
}
