import { z } from 'zod';
import type { Json } from '../domain/effect.ts';
import { nodeIdSchema, variableSchema, type BaseNode } from './names.ts';
import { nodeSchema } from './nodes/index.ts';
import { languageMapSchema, textSchema } from './text.ts';

/** The version of the flow language this program speaks. Older files are migrated, see `migrate.ts`. */
export const SPEC = 1;

const jsonSchema: z.ZodType<Json> = z.json();

/** A flow as `flows/<id>.json` holds it. Parsed by `parseFlow`, whose messages name the flow and the node. */
export const flowSchema = z
  .strictObject({
    spec: z.literal(SPEC),
    id: nodeIdSchema,
    version: z.int().min(1).describe('Rises with every published change; running sessions stay on theirs'),
    title: languageMapSchema,
    description: z.string().max(1000).optional(),
    parameters: z
      .record(
        variableSchema,
        z.strictObject({
          description: z.string().max(300).optional(),
          default: jsonSchema.optional().describe('Without one, whoever runs the flow must give the parameter'),
        }),
      )
      .optional()
      .describe('What whoever runs this flow hands in; read like variables'),
    results: z
      .array(variableSchema)
      .max(40)
      .optional()
      .describe('Variables handed back to the flow that runs this one'),
    silence: z
      .strictObject({
        afterMs: z
          .int()
          .min(60_000)
          .max(30 * 24 * 60 * 60 * 1000),
        text: textSchema.optional().describe('Said when the session ends for want of an answer; nothing when absent'),
      })
      .optional()
      .describe('When a question is not answered; a quiet end after seven days when absent'),
    start: nodeIdSchema.describe('Id of the first node'),
    nodes: z.array(nodeSchema).min(1).max(500),
    layout: z
      .record(nodeIdSchema, z.strictObject({ x: z.number(), y: z.number() }))
      .optional()
      .describe('Where the editor draws each node'),
  })
  .meta({ id: 'Flow', title: 'Wasl flow' });

/** A parsed flow. Its nodes have passed the schema of their kind. */
export interface Flow extends Omit<z.infer<typeof flowSchema>, 'nodes'> {
  readonly nodes: readonly BaseNode[];
}

/** The JSON Schema of a flow file (draft 2020-12), for editors and other tools. */
export function toFlowJsonSchema(): unknown {
  return z.toJSONSchema(flowSchema, { io: 'input', unrepresentable: 'any' });
}

/** What a global intent does, in `flows/intents.json`: run a flow, or one of the engine's own actions. */
const intentBindingSchema = z.union([
  z.strictObject({
    flow: nodeIdSchema,
    then: z
      .enum(['restart', 'resume'])
      .optional()
      .describe('restart (when absent) drops what was going on; resume comes back to it'),
  }),
  z.strictObject({
    action: z.enum(['back', 'cancel']).describe('back: the question before; cancel: drop all and show the menu'),
  }),
]);

/** `{ "menu": { "flow": "menu" }, "back": { "action": "back" } }`; phrases are in `locales/<language>/intents.json`. */
export const intentBindingsSchema = z.record(nodeIdSchema, intentBindingSchema);
export type IntentBinding = z.infer<typeof intentBindingSchema>;
export type IntentBindings = z.infer<typeof intentBindingsSchema>;
