/**
 * What an error says of a connection that came to nothing, for the log: one line, short, and nothing in it that an address
 * may hold of secrets. Undefined: it says nothing.
 */
export function errorDetail(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const said = error.message
    .replace(ADDRESS, '[url]')
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim();
  if (said !== '') return said.slice(0, LONGEST_DETAIL);
  // A name with several addresses: Node tells of each of them, and nothing of all.
  const [first] = error instanceof AggregateError ? error.errors : [];
  return errorDetail(first);
}

const ADDRESS = /\b[a-z][a-z\d+.-]*:\/\/\S*/giu;
const LONGEST_DETAIL = 200;
