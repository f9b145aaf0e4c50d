import { z } from 'zod';

/** Ids of flows and nodes, and names of exits: kebab-case. */
export const nodeIdSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,59}$/, 'expected an id of small letters, digits and hyphens, at most 60');

/** A choice's id. Short, because channels carry it in a button beside the question's own id (40 bytes together). */
export const choiceIdSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,19}$/, 'expected an id of small letters, digits and hyphens, at most 20');

/** Words that expressions or templates read as something else. */
const reservedNames = new Set(
  (
    'context org branch true false null in as break const continue else for function if import let loop package namespace return var void ' +
    'while has all exists map filter list string int uint double bool bytes type dyn size timestamp duration google optional cel count ' +
    'prototype constructor'
  ).split(' '),
);

/** A variable, parameter or result: camelCase, and no word of the expression language. */
export const variableSchema = z
  .string()
  .regex(/^[a-z][A-Za-z0-9]{0,39}$/, 'expected a name in camelCase of at most 40 letters and digits')
  .refine((name) => !reservedNames.has(name), 'this name is reserved')
  .describe('Name of a variable');

/** A condition or value in CEL (https://cel.dev): `members > 3 && context.isOpen`. */
export const expressionSchema = z.string().min(1).max(500).describe('Expression (CEL), for example members > 3');

/** Where each exit leads: exit name -> node id. Which exits there are is the node kind's matter. */
const exitsSchema = z
  .record(nodeIdSchema, nodeIdSchema)
  .optional()
  .describe('Where each exit leads: name of the exit -> id of a node');

/** What every node has. `type` is narrowed by each kind. */
export const nodeBase = {
  id: nodeIdSchema.describe('Unique within the flow'),
  note: z.string().max(500).optional().describe('For whoever edits the flow; never shown'),
  exits: exitsSchema,
};

export interface BaseNode {
  readonly id: string;
  readonly type: string;
  readonly note?: string | undefined;
  readonly exits?: Readonly<Record<string, string>> | undefined;
}
