import { z } from 'zod';
import type { Json } from '../../domain/effect.ts';
import { expressionSchema, nodeBase, variableSchema } from '../names.ts';
import { defineKind, leave, next, stay, unexpected } from '../node-kind.ts';

const schema = z
  .strictObject({
    ...nodeBase,
    type: z.literal('call'),
    method: z.enum(['GET', 'POST']),
    url: z
      .string()
      .max(1000)
      .regex(/^https:\/\/[^\s{}/?#]+([/?#]|$)/, 'expected an address that begins with https:// and a fixed host')
      .describe('May hold placeholders after the host: https://example.org/stock?city={{city}}'),
    body: z.record(z.string().max(60), expressionSchema).optional().describe('For POST: field -> expression'),
    save: variableSchema.optional().describe('Variable that gets the body of the answer'),
  })
  .describe('Asks another system over HTTP');

/**
 * Calls another system and waits for its answer. Placeholders in the address are percent-encoded, so a person's text cannot change where
 * the call goes. An answer that is not a success (2xx), or none, takes the exit `failed`.
 *
 * @example
 * { "id": "stock", "type": "call", "method": "GET", "url": "https://stock.example.org/v1/coolers?city={{city}}", "save": "stock", "exits": { "next": "show-stock", "failed": "officer" } }
 */
export const call = defineKind<z.infer<typeof schema>>({
  type: 'call',
  schema,
  outline: (node) => ({
    exits: [
      { name: 'next', required: true },
      { name: 'failed', required: true, isFailure: true },
    ],
    expressions: Object.entries(node.body ?? {}).map(([name, source]) => ({ field: `body "${name}"`, source })),
    reads: placeholdersOf(node.url).map((path) => ({ field: 'url', name: path.split('.')[0] ?? path })),
    writes: node.save === undefined ? [] : [node.save],
    waits: 'result',
  }),
  check: (node) => (node.method === 'GET' && node.body !== undefined ? ['a GET call has no body'] : []),
  compile: (node, compiler) => {
    const body = Object.entries(node.body ?? {}).map(([name, source]) => [name, compiler.expression(source)] as const);
    return {
      enter: (run) => {
        const wait = run.open('result');
        const url = node.url.replace(placeholder, (_, path: string) => encodeURIComponent(toWord(run.value(path))));
        const fields = Object.fromEntries(body.map(([name, expression]) => [name, run.evaluate(expression)]));
        run.emit({
          type: 'call',
          key: wait.id,
          method: node.method,
          url,
          ...(node.method === 'POST' ? { body: fields } : {}),
        });
        return stay;
      },
      receive: (run, input) => {
        if (input.type !== 'result') return unexpected;
        const { result } = input;
        if (typeof result !== 'object' || result === null || !('ok' in result) || result.ok !== true)
          return leave('failed');
        if (node.save !== undefined) run.set(node.save, 'body' in result ? result.body : null);
        return next;
      },
    };
  },
});

const placeholder = /\{\{\s*([A-Za-z][A-Za-z0-9_.-]*)\s*\}\}/g;

function placeholdersOf(url: string): string[] {
  return [...url.matchAll(placeholder)].map((found) => found[1] ?? '');
}

function toWord(value: Json | undefined): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
