import { z } from 'zod';
import type { NodeKind } from '../node-kind.ts';
import { ask } from './ask.ts';
import { branch } from './branch.ts';
import { call } from './call.ts';
import { caseKind } from './case.ts';
import { caseStatus } from './case-status.ts';
import { choose } from './choose.ts';
import { end } from './end.ts';
import { faq } from './faq.ts';
import { flow } from './flow.ts';
import { handoff } from './handoff.ts';
import { link } from './link.ts';
import { recognise } from './recognise.ts';
import { say } from './say.ts';
import { set } from './set.ts';
import { survey } from './survey.ts';
import { wait } from './wait.ts';

/** Every kind of node, in the order the editor offers them. A new kind is one file here, one line here, and one test file. */
export const nodeKinds: readonly NodeKind[] = [
  say,
  ask,
  choose,
  branch,
  set,
  faq,
  recognise,
  caseKind,
  caseStatus,
  link,
  survey,
  handoff,
  call,
  wait,
  flow,
  end,
];

const kindsByType = new Map(nodeKinds.map((kind) => [kind.type, kind]));

/** The kind of a node; undefined for a type nobody knows, which a parsed flow cannot hold. */
export function nodeKindOf(type: string): NodeKind | undefined {
  return kindsByType.get(type);
}

/** Any node: `type` picks the kind's schema. */
export const nodeSchema = z.discriminatedUnion('type', toUnionMembers(nodeKinds.map(({ schema }) => schema)));

function toUnionMembers(
  schemas: readonly z.ZodType[],
): [z.core.$ZodTypeDiscriminable, ...z.core.$ZodTypeDiscriminable[]] {
  return schemas as unknown as [z.core.$ZodTypeDiscriminable, ...z.core.$ZodTypeDiscriminable[]]; // Each has its own literal `type`.
}
