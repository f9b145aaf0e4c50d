import { parseAnswer } from '../../answers/answers.ts';
import { next, unexpected, type Input, type Move } from '../node-kind.ts';
import { retry } from '../retry.ts';
import type { Run } from '../run.ts';
import type { LocationRule } from './ask.ts';
import type { AskForm } from './ask-typed.ts';

/** Takes a place sent from the map, or an address in words where the rule allows it. Read back as its name or its coordinates. */
export function receiveLocation(run: Run, input: Input, rule: LocationRule, form: AskForm): Move {
  if (input.type === 'location') {
    const { latitude, longitude, name } = input;
    run.answer(
      form.save,
      { latitude, longitude, ...(name === undefined ? {} : { name }) },
      name ?? coordinates(latitude, longitude),
    );
    return next;
  }
  if (input.type !== 'text') return unexpected;
  if (rule.orText !== true)
    return retry(run, run.engineText('location-expected'), { ...form, choices: run.skipChoices(form.skippable) });
  const context = { now: new Date(run.at), language: run.language };
  const parsed = parseAnswer({ kind: 'text', minLength: 3, maxLength: 500 }, input.text, context);
  if (parsed.ok) {
    run.answer(form.save, parsed.value, parsed.shown);
    return next;
  }
  return retry(run, run.localeText(`answers:${parsed.problem.code}`, parsed.problem.params), {
    ...form,
    choices: run.skipChoices(form.skippable),
  });
}

// Five decimals are about a metre.
function coordinates(latitude: number, longitude: number): string {
  return `${latitude.toFixed(5)}, ${longitude.toFixed(5)}`;
}
