import { SPEC } from './schema.ts';

type JsonObject = Readonly<Record<string, unknown>>;

/** One step from a version of the language to the next. Works on files as they are: what it does not know it leaves for the schema to refuse. */
interface Migration {
  readonly from: number;
  readonly migrate: (flow: JsonObject) => JsonObject;
}

const migrations: readonly Migration[] = [{ from: 0, migrate: fromSpec0 }];

/**
 * Brings a flow file up to the language of this program. Returns it unchanged when it is of today, of the future, or no flow at all; `parseFlow`
 * then says so. Before/after files: `test/flow/migrations/`.
 */
export function migrateFlow(source: unknown): unknown {
  let flow = source;
  for (const { from, migrate } of migrations)
    if (isObject(flow) && from < SPEC && flow['spec'] === from) flow = { ...migrate(flow), spec: from + 1 };
  return flow;
}

/**
 * Spec 0 was the sketch: nodes in an object by id, one `next` or a map `goto` instead of exits, texts in the one language that `language`
 * named, `set` with one variable.
 */
function fromSpec0(flow: JsonObject): JsonObject {
  const { language, nodes, title, ...rest } = flow;
  const toText = (text: unknown): unknown =>
    typeof text === 'string' ? { [typeof language === 'string' ? language : 'ar']: text } : text;
  const migrated = isObject(nodes)
    ? Object.entries(nodes).map(([id, node]) => (isObject(node) ? { id, ...nodeFromSpec0(node, toText) } : node))
    : nodes;
  return { version: 1, ...rest, title: toText(title), nodes: migrated };
}

function nodeFromSpec0(node: JsonObject, toText: (text: unknown) => unknown): JsonObject {
  const { next, goto, variable, value, text, ...rest } = node;
  const exits = isObject(goto) ? goto : typeof next === 'string' ? { next } : undefined;
  const choices = Array.isArray(rest['choices'])
    ? rest['choices'].map((choice: unknown) =>
        isObject(choice) ? { ...choice, label: toText(choice['label']) } : choice,
      )
    : undefined;
  return {
    ...rest,
    ...(text === undefined ? {} : { text: toText(text) }),
    ...(choices === undefined ? {} : { choices }),
    ...(rest['type'] === 'set' && typeof variable === 'string' ? { values: { [variable]: value } } : {}),
    ...(exits === undefined ? {} : { exits }),
  };
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
