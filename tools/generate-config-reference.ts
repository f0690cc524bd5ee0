/** Writes what follows from the configuration's schema: `config/schema.json` and the tables of the documentation. */
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { z } from 'zod';
import { overrides } from '../src/config/environment.ts';
import { configSchema } from '../src/config/schema.ts';

const root: string = resolve(import.meta.dirname, '..');

/** The generated files, by path within the project, as they should be. */
export function generate(): Map<string, string> {
  const schema = z.toJSONSchema(configSchema({ variable: () => undefined, file: () => undefined }), {
    io: 'input',
  }) as JsonSchema;
  const documentation = readFileSync(resolve(root, DOCUMENTATION), 'utf8');
  return new Map([
    ['config/schema.json', `${JSON.stringify(schema, undefined, 2)}\n`],
    [
      DOCUMENTATION,
      replaceBetween(
        replaceBetween(documentation, 'keys', keyTables(schema)),
        'environment',
        table(
          ['variable', 'key'],
          overrides.map(({ variable, path, transports }) => [
            `\`${variable}\``,
            `\`${path.join('.').replace('.*', transports === undefined ? '[]' : `[](${transports.join(', ')})`)}\``,
          ]),
        ),
      ),
    ],
  ]);
}

interface JsonSchema {
  type?: string;
  description?: string;
  default?: unknown;
  const?: unknown;
  enum?: unknown[];
  minimum?: number;
  maximum?: number;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: JsonSchema | boolean;
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
}

function keyTables(schema: JsonSchema): string {
  return Object.entries(schema.properties ?? {})
    .map(([name, section]) => {
      const rows = rowsOf(name, section, false);
      return `### ${name}\n\n${table(['key', 'value', 'default', 'meaning'], rows)}`;
    })
    .join('\n\n');
}

function rowsOf(path: string, schema: JsonSchema, required: boolean): string[][] {
  const isOpaque = schema.description === undefined || path === '';
  const own = isOpaque
    ? []
    : [[`\`${path}\``, typeOf(schema), defaultOf(schema, required), schema.description ?? '']];
  if (schema.properties !== undefined) {
    const { properties, required: names = [] } = schema;
    return [
      ...own,
      ...Object.entries(properties).flatMap(([key, child]) =>
        DISCRIMINATORS.includes(key) ? [] : rowsOf(`${path}.${key}`, child, names.includes(key)),
      ),
    ];
  }
  const kinds = schema.oneOf ?? [];
  if (kinds.length > 0) {
    return [...own, ...kinds.flatMap((kind) => rowsOf(`${path}(${kindOf(kind).join(', ')})`, kind, false))];
  }
  if (schema.items?.properties !== undefined || schema.items?.oneOf !== undefined)
    return [...own, ...rowsOf(`${path}[]`, schema.items, false)];
  if (typeof schema.additionalProperties === 'object' && schema.additionalProperties.properties !== undefined)
    return [...own, ...rowsOf(`${path}.<name>`, schema.additionalProperties, false)];
  return own;
}

function typeOf(schema: JsonSchema): string {
  if (schema.const !== undefined) return `\`${String(schema.const)}\``;
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${String(value)}\``).join(', ');
  const alternatives = schema.anyOf ?? schema.oneOf;
  if (alternatives !== undefined) {
    if (schema.oneOf !== undefined)
      return alternatives
        .map((kind) => `\`${discriminatorOf(kind)}: ${kindOf(kind).join('` or `')}\``)
        .join(', ');
    if (alternatives.some(({ properties }) => properties?.['env'] !== undefined)) return SECRET;
    return [...new Set(alternatives.map(typeOf))].join(' or ');
  }
  if (schema.type === 'integer' || schema.type === 'number')
    return `${schema.type === 'integer' ? 'whole number' : 'number'} ${schema.minimum} to ${schema.maximum}`;
  if (schema.type === 'array') return 'list';
  if (schema.type === 'object') return 'section';
  if (schema.type === 'boolean') return '`true`, `false`';
  return schema.type === 'string' ? 'text' : `\`${String(schema.type)}\``;
}

/** What tells the alternatives of a section apart, and the values of it that mean this one. */
function discriminatorOf({ properties = {} }: JsonSchema): string | undefined {
  return DISCRIMINATORS.find((key) => properties[key] !== undefined);
}

function kindOf(schema: JsonSchema): string[] {
  const values = schema.properties?.[discriminatorOf(schema) ?? ''];
  return (values?.enum ?? [values?.const]).map(String);
}

function defaultOf(schema: JsonSchema, required: boolean): string {
  if (required) return 'required';
  return schema.default === undefined ? '' : `\`${JSON.stringify(schema.default)}\``;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function replaceBetween(text: string, name: string, content: string): string {
  const [begin, end] = [`<!-- generated: ${name} -->`, `<!-- end: ${name} -->`];
  const [before = '', rest = ''] = text.split(begin);
  return `${before}${begin}\n\n${content}\n\n${end}${rest.split(end)[1] ?? ''}`;
}

const DISCRIMINATORS: readonly string[] = ['kind', 'transport'];

const DOCUMENTATION = 'docs/configuration.md';

const SECRET = 'text, `{ env: VARIABLE }` or `{ file: path }`';

if (import.meta.main) for (const [path, text] of generate()) writeFileSync(resolve(root, path), text);
