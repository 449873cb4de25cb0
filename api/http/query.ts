import { parse, type ParsedUrlQuery } from 'node:querystring';

/**
 * The parameters of a query string. Throws a URIError if it is not valid percent-encoded UTF-8, which the parser itself
 * would turn into replacement characters.
 */
export function parseQuery(query: string | null): ParsedUrlQuery {
  decodeURIComponent(query ?? '');
  return parse(query ?? '');
}
