export { gather, scatterAdd, takeAlongAxis } from './gather';
export { type OneHotOptions, oneHot } from './one-hot';
export { argSort, type SortOptions, sort, topK } from './sort';
