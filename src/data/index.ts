/**
 * Small real data sets, embedded; tables from CSV and Arrow; and the forms in which kompakt takes data.
 *
 * @module
 */

export { type ArrowTable, type ArrowVector, fromArrow } from './arrow';
export { type ColumnType, type CSVOptions, parseCSV, readCSV } from './csv';
export { breastCancer } from './datasets/breast-cancer';
export { digits } from './datasets/digits';
export { iris } from './datasets/iris';
export type { Dataset } from './datasets/unpack';
export { wine } from './datasets/wine';
export type {
  Estimator,
  FitOptions,
  FittedEstimator,
  FittedTransformer,
  Resampled,
  Resampler,
  Splitter,
  Transformer,
} from './estimator';
export type { ByteSource } from './files';
export type { Label, LabelOf, Labels, LabelsLike } from './labels';
export type { Matrix } from './matrix';
export type { Rows } from './rows';
export { type CompressedParts, CscMatrix, CsrMatrix, type SparseMatrix } from './sparse';
export { type Cell, type Column, ColumnTable, type NamedColumns, type Table } from './table';
export type { Vector } from './vector';
