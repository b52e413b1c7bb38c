export { add, average, maximum, minimum, multiply, subtract } from './combine';
export { type ConcatenateConfig, type ConcatenateOptions, concatenate } from './concatenate';
export { type DotConfig, type DotOptions, dot } from './dot';
