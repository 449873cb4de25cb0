import type { Connection } from '@temporalio/client';
import { temporal } from '@temporalio/proto';
import { searchAttributes } from '../../contracts/workflow/search-attributes';

const { IndexedValueType } = temporal.api.enums.v1;

const TYPES = {
  KEYWORD: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
  BOOL: IndexedValueType.INDEXED_VALUE_TYPE_BOOL,
} as const;

/**
 * Registers the search attributes that a namespace does not have yet; they can be used a moment later. Throws where that
 * is not permitted.
 *
 * @returns the names of those that were registered
 */
export async function registerSearchAttributes(
  connection: Pick<Connection, 'operatorService'>,
  namespace: string,
): Promise<string[]> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  const missing = Object.values(searchAttributes).filter(({ name }) => !(name in customAttributes));
  if (missing.length === 0) return [];
  await connection.operatorService.addSearchAttributes({ namespace, searchAttributes: asProto(missing) });
  return missing.map(({ name }) => name);
}

type Key = (typeof searchAttributes)[keyof typeof searchAttributes];

/** Search attributes as the operator service takes them: the type by the name. */
export const asProto = (keys: readonly Key[]) => Object.fromEntries(keys.map(({ name, type }) => [name, TYPES[type]]));
