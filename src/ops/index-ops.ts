export { gather, scatterAdd, takeAlongAxis } from './gather';
export { oneHot, type OneHotOptions } from './one-hot';
export { argSort, sort, type SortOptions, topK } from './sort';
