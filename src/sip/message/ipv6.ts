/** Whether the text is an IPv6 address (RFC 4291 section 2.2), a zone or a prefix length not allowed. */
export function isIpv6Address(text: string): boolean {
  if (text.length < 2 || text.length > 45) return false;
  const halves = text.split('::');
  if (halves.length > 2) return false;
  const left = countGroups(halves[0]!, halves.length === 1);
  if (left === undefined) return false;
  if (halves.length === 1) return left === 8;
  const right = countGroups(halves[1]!, true);
  return right !== undefined && left + right <= 7;
}

/** How many 16-bit groups the text is, a dotted IPv4 tail counting two; undefined when malformed. */
function countGroups(text: string, tailAllowed: boolean): number | undefined {
  if (text === '') return 0;
  const groups = text.split(':');
  let count = 0;
  for (const [index, group] of groups.entries()) {
    if (/^[0-9a-f]{1,4}$/i.test(group)) count++;
    else if (tailAllowed && index === groups.length - 1 && isIpv4Address(group)) count += 2;
    else return undefined;
  }
  return count;
}

function isIpv4Address(text: string): boolean {
  return /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/.test(text);
}
