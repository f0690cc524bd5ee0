/** Words for what `say-as` marks (W3C "SSML 1.0 say-as attribute values"). What is not known stays as it is. */
export function expandSayAs(
  text: string,
  interpretAs: string,
  format: string | undefined,
  language: string,
): string {
  const english = /^en\b/i.test(language);
  switch (interpretAs.toLowerCase()) {
    case 'digits':
    case 'number_digit':
    case 'number:digits':
      return [...text].filter((character) => /[\p{L}\p{N}]/u.test(character)).join(' ');
    case 'characters':
    case 'spell-out':
    case 'verbatim':
      return spelled(text, english);
    case 'telephone':
      return telephone(text, english);
    case 'cardinal':
    case 'number':
      return english ? text.replace(/(?<=\d),(?=\d{3})/g, '') : text;
    case 'ordinal':
      return english ? text.replace(/\d+\b/g, (digits) => ordinal(Number(digits))) : text;
    case 'currency':
      return english ? currency(text) : text;
    case 'date':
      return english ? date(text, format) : text;
    case 'time':
      return english ? time(text) : text;
    default:
      return text;
  }
}

function spelled(text: string, english: boolean): string {
  const names: string[] = [];
  for (const character of text) {
    if (/\s/.test(character)) continue;
    const name = english ? englishNames[character.toLowerCase()] : undefined;
    if (name !== undefined) names.push(name);
    else if (/[\p{L}\p{N}]/u.test(character)) names.push(character.toUpperCase());
    else if (!english) names.push(character);
  }
  return names.join(', ');
}

/** Digit by digit, with a short rest between groups. */
function telephone(text: string, english: boolean): string {
  const groups = text
    .split(/[^\p{L}\p{N}+]+/u)
    .filter((group) => group !== '')
    .map((group) => [...group].map((digit) => (digit === '+' ? 'plus' : digit)).join(' '));
  const spoken = groups.join(', ');
  return english ? spoken : spoken.replace('plus', '+');
}

function ordinal(value: number): string {
  const teen = value % 100 >= 11 && value % 100 <= 13;
  const suffix = teen ? 'th' : (['th', 'st', 'nd', 'rd'][value % 10] ?? 'th');
  return `${value}${suffix}`;
}

function currency(text: string): string {
  const match =
    /^(?<before>[$\u20ac\u00a3\u00a5]|[A-Z]{3})?\s*(?<whole>\d[\d,]*)(?:\.(?<part>\d{1,2}))?\s*(?<after>[$\u20ac\u00a3\u00a5]|[A-Z]{3})?$/u.exec(
      text.trim(),
    );
  const unit = currencies[match?.groups?.['before'] ?? match?.groups?.['after'] ?? ''];
  if (match === null || unit === undefined) return text;
  const whole = Number(match.groups!['whole']!.replaceAll(',', ''));
  const part = Number((match.groups!['part'] ?? '0').padEnd(2, '0'));
  const main = `${whole} ${whole === 1 ? unit.one : unit.many}`;
  if (part === 0 || unit.part === undefined) return main;
  return `${main} and ${part} ${part === 1 ? unit.part.one : unit.part.many}`;
}

/** `2026-03-14`, or three numbers in the order that `format` names; month first, as engines assume in English. */
function date(text: string, format: string | undefined): string {
  const numbers = text.match(/\d+/g)?.map(Number);
  if (numbers === undefined || /\p{L}/u.test(text)) return text;
  const iso = /^\s*\d{4}\D/.test(text);
  const order = [...(iso ? 'ymd' : (format ?? 'mdy').toLowerCase())].filter((part) => 'ymd'.includes(part));
  const value = (part: string) => (order.includes(part) ? numbers[order.indexOf(part)] : undefined);
  const [day, month, year] = [value('d'), value('m'), value('y')];
  if (numbers.length !== order.length || (month !== undefined && months[month - 1] === undefined))
    return text;
  const monthName = month === undefined ? '' : months[month - 1]!;
  const dayName = day === undefined ? '' : ordinal(day);
  const monthAndDay = `${monthName} ${dayName}`.trim();
  return year === undefined ? monthAndDay : monthAndDay === '' ? `${year}` : `${monthAndDay}, ${year}`;
}

function time(text: string): string {
  const match = /^\s*([01]?\d|2[0-3]):([0-5]\d)(?::[0-5]\d)?\s*$/.exec(text);
  if (match === null) return text;
  const hour = Number(match[1]);
  const minute = Number(match[2]);
  const minutes = minute === 0 ? '' : minute < 10 ? ` oh ${minute}` : ` ${minute}`;
  return `${hour % 12 === 0 ? 12 : hour % 12}${minutes} ${hour < 12 ? 'AM' : 'PM'}`;
}

const months: readonly string[] = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

interface CurrencyUnit {
  readonly one: string;
  readonly many: string;
  readonly part?: { readonly one: string; readonly many: string };
}

const dollars: CurrencyUnit = { one: 'dollar', many: 'dollars', part: { one: 'cent', many: 'cents' } };
const euros: CurrencyUnit = { one: 'euro', many: 'euros', part: { one: 'cent', many: 'cents' } };
const pounds: CurrencyUnit = { one: 'pound', many: 'pounds', part: { one: 'penny', many: 'pence' } };
const yen: CurrencyUnit = { one: 'yen', many: 'yen' };
const francs: CurrencyUnit = {
  one: 'Swiss franc',
  many: 'Swiss francs',
  part: { one: 'centime', many: 'centimes' },
};
const currencies: Readonly<Record<string, CurrencyUnit>> = {
  $: dollars,
  USD: dollars,
  '\u20ac': euros,
  EUR: euros,
  '\u00a3': pounds,
  GBP: pounds,
  '\u00a5': yen,
  JPY: yen,
  CHF: francs,
};

/** Letters that would be read as words, and marks that would not be read. */
const englishNames: Readonly<Record<string, string>> = {
  a: 'ay',
  '-': 'dash',
  '.': 'dot',
  ',': 'comma',
  '@': 'at',
  '/': 'slash',
  _: 'underscore',
  '+': 'plus',
  '#': 'hash',
  '*': 'star',
  '&': 'and',
  '%': 'percent',
  ':': 'colon',
};
