export * from './prelu';
export * from './rectified';
export * from './softmax';
