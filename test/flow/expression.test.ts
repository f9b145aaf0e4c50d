import { describe, expect, it } from 'vitest';
import type { Json } from '../../src/domain/effect.ts';
import { compileExpression } from '../../src/flow/expression.ts';

const variables: Readonly<Record<string, Json>> = {
  people: 6,
  half: 1.5,
  name: 'سارة',
  photos: ['a', 'b'],
  place: { city: 'ينبع' },
  cases: [{ status: 'done' }, { status: 'in-review' }],
  yes: true,
  nothing: null,
};

function evaluate(source: string): Json | string {
  const compiled = compileExpression(source);
  if (!compiled.ok) return `refused: ${compiled.problem}`;
  const result = compiled.expression.evaluate((name) => variables[name]);
  return result.ok ? result.value : `no value: ${result.problem}`;
}

describe('an expression', () => {
  it.each<[string, Json]>([
    ['people > 5', true],
    ['people == 6', true],
    ['people + 1', 7],
    ['1 + people * 2', 13],
    ['people / 4', 1.5],
    ['people % 4 == 2', true],
    ['half * 2 == 3', true],
    ['people > half', true],
    ['7 / 2.0', 3.5],
    ['size(name) + people', 10],
    ['size(photos) == 2', true],
    ["name == 'سارة' && yes", true],
    ['nothing == null', true],
    ['unset == null', true],
    ['isSet(unset) || isSet(photos)', true],
    ["isSet('')", false],
    ["place.city in ['ينبع', 'بدر']", true],
    ["cases.exists(c, c.status == 'done')", true],
    ["cases.filter(c, c.status == 'done').map(c, c.status)", ['done']],
    ["people > 5 ? 'many' : 'few'", 'many'],
    ["{'city': place.city, 'people': people}", { city: 'ينبع', people: 6 }],
    ['[people, name]', [6, 'سارة']],
    ["'n' + string(people)", 'n6'],
    ['has(place.street)', false],
  ])('%s is %j', (source, expected) => {
    expect(evaluate(source)).toEqual(expected);
  });

  it.each([
    ['nothing > 3', 'no value: no such overload: dyn<null> > int'],
    ['people / 0', 'no value: the number has no value (a division by zero?)'],
    ['place.street', 'no value: No such key: street'],
    ['people ? 1 : 2', "no value: Ternary condition must be bool, got 'double'"],
    ['people >', 'refused: Unexpected token: EOF'],
    ["name.matches('(a+)+$')", 'refused: "matches" is not offered; use contains, startsWith or endsWith'],
    ['cases.all(a, cases.exists(b, a == b))', 'refused: "exists" stands inside another loop'],
    ['nosuch(people)', "refused: found no matching overload for 'nosuch(dyn)'"],
    [`${'('.repeat(60)}1${')'.repeat(60)}`, 'refused: Exceeded maxDepth (24)'],
    [Array.from({ length: 300 }, () => '1').join('+'), 'refused: Exceeded maxAstNodes (200)'],
  ])('%s has none', (source, expected) => {
    expect(evaluate(source)).toBe(expected);
  });

  it('names the variables it reads, without those of its loops', () => {
    const compiled = compileExpression('cases.exists(c, c.count > people) && context.isOpen');
    expect(compiled.ok && compiled.expression.reads).toEqual(['cases', 'people', 'context']);
  });
});
