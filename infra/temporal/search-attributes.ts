import type { Connection } from '@temporalio/client';
import { temporal } from '@temporalio/proto';

const { IndexedValueType } = temporal.api.enums.v1;

const TYPES = {
  KEYWORD: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
  BOOL: IndexedValueType.INDEXED_VALUE_TYPE_BOOL,
} as const;

/** A search attribute: its name and its type. */
export interface SearchAttribute {
  readonly name: string;
  readonly type: keyof typeof TYPES;
}

/**
 * Registers those of the search attributes that a namespace does not have yet; they can be used a moment later. Throws
 * if that is not permitted.
 *
 * @returns the names of those that were registered
 */
export async function registerSearchAttributes(
  connection: Pick<Connection, 'operatorService'>,
  namespace: string,
  wanted: readonly SearchAttribute[],
): Promise<string[]> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  const missing = wanted.filter(({ name }) => !(name in customAttributes));
  if (missing.length === 0) return [];
  await connection.operatorService.addSearchAttributes({ namespace, searchAttributes: asProto(missing) });
  return missing.map(({ name }) => name);
}

/** Search attributes as the operator service takes them: the type by the name. */
export const asProto = (keys: readonly SearchAttribute[]) =>
  Object.fromEntries(keys.map(({ name, type }) => [name, TYPES[type]]));
