export { type RandomColourConfig, type RandomColourOptions, randomBrightness, randomContrast } from './colour';
export {
  type RandomCropConfig,
  type RandomCropOptions,
  type RandomFlipConfig,
  type RandomFlipOptions,
  type RandomRotationConfig,
  type RandomRotationOptions,
  type RandomTranslationConfig,
  type RandomTranslationOptions,
  type RandomZoomConfig,
  type RandomZoomOptions,
  randomCrop,
  randomFlip,
  randomRotation,
  randomTranslation,
  randomZoom,
  type SamplingConfig,
  type SamplingOptions,
} from './geometry';
export type { FillMode, Interpolation, Sampling } from './sample';
