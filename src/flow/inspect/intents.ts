import { normalise } from '../../faq/normalise.ts';
import type { Problem } from '../problem.ts';
import type { ProgramSource } from '../program.ts';
import type { Flow } from '../schema.ts';
import { outlineFlow } from './scope.ts';

/** Global intents: where they lead, that every language can say them, and that an officer can always be called. */
export function inspectIntents(source: ProgramSource, flows: ReadonlyMap<string, Flow>): Problem[] {
  const { bindings, phrases } = source.intents;
  const problems: Problem[] = [];
  const report = (code: Problem['code'], message: string, severity: Problem['severity'] = 'error'): void => {
    problems.push({ severity, code, message: `intents: ${message}` });
  };
  for (const [intent, binding] of Object.entries(bindings)) {
    if ('flow' in binding && !flows.has(binding.flow))
      report('intent-flow-unknown', `"${intent}" leads to unknown flow "${binding.flow}"`);
    for (const language of source.translate.languages)
      if ((phrases[language]?.[intent] ?? []).length === 0)
        report('intent-phrases-missing', `"${intent}" has no phrase in "${language}"`);
  }
  const human = bindings['human'];
  const leadsToOfficer = human !== undefined && 'flow' in human && reachesOfficer(human.flow, flows, new Set());
  if (!leadsToOfficer)
    report('human-missing', 'no global intent "human" leads to a handoff, so people cannot ask for an officer');
  for (const message of clashes(source)) report('intent-phrases-clash', message);
  return problems;
}

function reachesOfficer(id: string, flows: ReadonlyMap<string, Flow>, seen: Set<string>): boolean {
  const flow = flows.get(id);
  if (flow === undefined || seen.has(id)) return false;
  seen.add(id);
  return [...outlineFlow(flow).nodes.values()].some(
    ({ outline }) =>
      outline.handsOver === true || (outline.calls !== undefined && reachesOfficer(outline.calls.flow, flows, seen)),
  );
}

function clashes(source: ProgramSource): string[] {
  const { bindings, phrases } = source.intents;
  const owners = new Map<string, string>();
  const found: string[] = [];
  for (const ofLanguage of Object.values(phrases))
    for (const [intent, wordings] of Object.entries(ofLanguage)) {
      if (!Object.hasOwn(bindings, intent)) continue;
      for (const wording of wordings) {
        const normal = normalise(wording);
        const owner = owners.get(normal);
        if (owner !== undefined && owner !== intent)
          found.push(`"${wording}" is a phrase of both "${owner}" and "${intent}"`);
        owners.set(normal, owner ?? intent);
      }
    }
  return [...new Set(found)];
}
