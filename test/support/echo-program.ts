import type { Program } from '../../src/flow/program.ts';
import { testIntents, testProgram } from './program.ts';

/** The same in both languages, so that no test depends on the person's. */
const both = (text: string) => ({ en: text, ar: text });

export const tankLabels = ['سقيا مسجد', 'خزان ماء', 'حفر بئر'] as const;
/** The second of them. */
export const tank = tankLabels[1];
export const visitLabels = Array.from({ length: 12 }, (_, index) => `زيارة ${'ابتثجحخدذرزس'[index]}`);

/** "menu" offers three choices, "branches" twelve, "human" an officer; anything else is answered with itself after a first "ready". */
export function echoAndChoices(): Program {
  const flows = [
    {
      ...{ spec: 1, id: 'welcome', version: 2, title: both('Echo'), start: 'route' },
      nodes: [
        {
          id: 'route',
          type: 'ask',
          text: both('ready'),
          answer: { kind: 'text' },
          save: 'said',
          exits: { next: 'heard' },
        },
        {
          ...{ id: 'heard', type: 'ask', text: both('heard {{said}}'), answer: { kind: 'text' }, save: 'said' },
          exits: { next: 'heard' },
        },
      ],
    },
    choosing('menu', tankLabels),
    choosing('visits', visitLabels),
  ];
  const bindings = { ...testIntents.bindings, branches: { flow: 'visits' } };
  return testProgram(flows, { intents: { ...testIntents, bindings } });
}

function choosing(id: string, labels: readonly string[]): object {
  const choices = labels.map((label, index) => ({ id: `c${index}`, label: both(label) }));
  return {
    ...{ spec: 1, id, version: 2, title: both('Choices'), start: 'choose' },
    nodes: [
      {
        ...{ id: 'choose', type: 'choose', text: both('كيف نخدمكم؟'), choices },
        exits: Object.fromEntries(choices.map(({ id: choice }) => [choice, choice])),
      },
      ...choices.map(({ id: choice, label }) => ({ id: choice, type: 'end', text: both(`You chose ${label.en}.`) })),
    ],
  };
}
