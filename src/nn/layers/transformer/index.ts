export type { TransformerConfig, TransformerOptions } from './block';
export { type TransformerDecoderConfig, type TransformerDecoderOptions, transformerDecoder } from './decoder';
export { type TransformerEncoderConfig, type TransformerEncoderOptions, transformerEncoder } from './encoder';
export {
  type PositionEmbeddingConfig,
  type PositionEmbeddingOptions,
  positionEmbedding,
  type SinePositionEncodingConfig,
  type SinePositionEncodingOptions,
  sinePositionEncoding,
  type TokenAndPositionEmbeddingConfig,
  type TokenAndPositionEmbeddingOptions,
  tokenAndPositionEmbedding,
} from './positions';
