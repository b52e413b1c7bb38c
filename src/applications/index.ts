/**
 * Well-known networks for images, which take the weights of Keras's files.
 *
 * @module
 */

export { type ClassLabels, type Decoded, decodePredictions } from './decode';
export { type LeNet5Options, leNet5 } from './lenet';
export { type MobileNetV2Options, mobileNetV2 } from './mobilenet';
export type { ApplicationOptions } from './options';
export { type PreprocessMode, preprocessInput } from './preprocess';
export { resNet50 } from './resnet';
export { vgg16, vgg19 } from './vgg';
