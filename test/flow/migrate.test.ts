import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { migrateFlow } from '../../src/flow/migrate.ts';
import { parseFlow } from '../../src/flow/parse.ts';
import { SPEC, toFlowJsonSchema } from '../../src/flow/schema.ts';
import { nodeKinds } from '../../src/flow/nodes/index.ts';

const folder = new URL('./migrations/', import.meta.url);
const read = (name: string): unknown => JSON.parse(readFileSync(new URL(name, folder), 'utf8'));

describe('a migration', () => {
  it.each(readdirSync(folder).filter((name) => name.endsWith('.before.json')))(
    'brings %s to what stands beside it',
    (before) => {
      const after = read(before.replace('.before.', '.after.'));
      expect(migrateFlow(read(before))).toEqual(after);
      expect(parseFlow(read(before))).toMatchObject({ ok: true, value: after });
    },
  );

  it('exists for every older spec', () => {
    for (let spec = 0; spec < SPEC; spec += 1) expect(readdirSync(folder)).toContain(`spec-${spec}.before.json`);
  });

  it.each([
    [null],
    [7],
    [[]],
    [{ spec: 0 }],
    [{ spec: 0, nodes: [1] }],
    [{ spec: 0, nodes: { a: 1, b: { choices: [1] } } }],
  ])('leaves %j for the schema to refuse', (source) => {
    expect(parseFlow(migrateFlow(source)).ok).toBe(false);
  });
});

describe('the JSON Schema', () => {
  it('describes every kind of node', () => {
    const schema = JSON.stringify(toFlowJsonSchema());
    for (const { type } of nodeKinds) expect(schema).toContain(`"const":"${type}"`);
  });
});
