import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';

/** What support searches by in the Temporal UI. Registered in the namespace before the first order. */
export const searchAttributes = {
  orderStatus: defineSearchAttributeKey('OrderStatus', SearchAttributeType.KEYWORD),
  needsAttention: defineSearchAttributeKey('NeedsAttention', SearchAttributeType.BOOL),
  stuckStep: defineSearchAttributeKey('StuckStep', SearchAttributeType.KEYWORD),
  failureReason: defineSearchAttributeKey('FailureReason', SearchAttributeType.KEYWORD),
  /** Of a return's workflow alone. */
  returnStatus: defineSearchAttributeKey('ReturnStatus', SearchAttributeType.KEYWORD),
  country: defineSearchAttributeKey('Country', SearchAttributeType.KEYWORD),
} as const;
