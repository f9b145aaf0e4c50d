import { z } from 'zod';
import type { Json } from '../../domain/effect.ts';
import { expressionSchema, nodeBase, variableSchema } from '../names.ts';
import { defineKind, leave, stay, unexpected } from '../node-kind.ts';
import type { Run } from '../run.ts';

const schema = z
  .strictObject({
    ...nodeBase,
    type: z.literal('case-status'),
    reference: expressionSchema
      .optional()
      .describe('The reference to look for; without one, the newest five cases of the person'),
    save: variableSchema.optional().describe('Variable that gets the list of cases found'),
  })
  .describe('Shows how cases stand');

/**
 * Looks up a case by its reference, or the person's own newest ones, and shows kind, status and last change of each. Takes exit `found`, or
 * `none` without a word (so that the flow can say what to do about it).
 *
 * @example
 * { "id": "status", "type": "case-status", "reference": "reference", "exits": { "found": "more", "none": "not-found" } }
 */
export const caseStatus = defineKind<z.infer<typeof schema>>({
  type: 'case-status',
  schema,
  outline: (node) => ({
    exits: [
      { name: 'found', required: true },
      { name: 'none', required: true, isFailure: true },
    ],
    expressions: node.reference === undefined ? [] : [{ field: 'reference', source: node.reference }],
    writes: node.save === undefined ? [] : [node.save],
    waits: 'result',
  }),
  compile: (node, compiler) => {
    const reference = node.reference === undefined ? null : compiler.expression(node.reference);
    return {
      enter: (run) => {
        const wanted = reference === null ? null : run.evaluate(reference);
        const wait = run.open('result');
        run.emit({
          type: 'find-case',
          key: wait.id,
          ...(typeof wanted === 'string' && wanted !== '' ? { reference: wanted } : {}),
        });
        return stay;
      },
      receive: (run, input) => {
        if (input.type !== 'result') return unexpected;
        const cases = casesOf(input.result);
        if (node.save !== undefined) run.set(node.save, cases);
        if (cases.length === 0) return leave('none');
        const lines = cases.map((found) => describeCase(run, found));
        run.say(`${run.engineText('case-list', { count: lines.length })}\n\n${lines.join('\n\n')}`);
        return leave('found');
      },
    };
  },
});

type FoundCase = { readonly [key: string]: Json };

function casesOf(result: Json): FoundCase[] {
  if (typeof result !== 'object' || result === null || !('cases' in result) || !Array.isArray(result.cases)) return [];
  const cases: readonly Json[] = result.cases; // Array.isArray forgets the readonly element type.
  return cases
    .filter((item): item is FoundCase => typeof item === 'object' && item !== null && !Array.isArray(item))
    .slice(0, 5);
}

function describeCase(run: Run, found: FoundCase): string {
  const word = (value: Json | undefined): string => (typeof value === 'string' ? value : '');
  return run.engineText('case-line', {
    reference: word(found['reference']),
    kind: run.engineText(`case-kind-${word(found['kind'])}`),
    status: run.engineText(`case-status-${word(found['status'])}`),
    updatedAt: found['updatedAt'] ?? null,
  });
}
