export {
  type AdditiveAttentionConfig,
  type AdditiveAttentionOptions,
  type AttentionConfig,
  type AttentionOptions,
  additiveAttention,
  attention,
} from './attention';
export {
  type MultiHeadAttentionConfig,
  type MultiHeadAttentionOptions,
  multiHeadAttention,
} from './multi-head-attention';
