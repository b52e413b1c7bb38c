/** The splitters that other parts of the package split with. */

export { KFold, StratifiedKFold } from './splits/k-fold';
export { ShuffleSplit, StratifiedShuffleSplit } from './splits/shuffle-split';
