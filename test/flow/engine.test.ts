import { describe, it } from 'vitest';
import { play } from './support/golden.ts';
import { toFlow, toProgram } from './support/program.ts';

const form = toFlow({
  id: 'form',
  start: 'name',
  nodes: [
    {
      id: 'name',
      type: 'ask',
      text: { ar: 'ما اسمك؟', en: 'Your name?' },
      answer: { kind: 'name' },
      save: 'name',
      exits: { next: 'people' },
    },
    {
      id: 'people',
      type: 'ask',
      text: { ar: 'كم عددكم؟', en: 'How many are you?' },
      answer: { kind: 'number', min: 1, max: 40, integer: true },
      save: 'people',
      exits: { next: 'confirm' },
    },
    {
      id: 'confirm',
      type: 'choose',
      text: {
        ar: 'الاسم: {{name}}\nالعدد: {{people}}\nهل هذا صحيح؟',
        en: 'Name: {{name}}\nPeople: {{people}}\nIs this right?',
      },
      choices: [
        { id: 'yes', label: { ar: 'نعم', en: 'Yes' } },
        { id: 'no', label: { ar: 'لا', en: 'No' } },
      ],
      exits: { yes: 'open', no: 'name' },
    },
    {
      id: 'open',
      type: 'case',
      kind: 'assistance',
      answers: [{ variable: 'name', label: { ar: 'الاسم', en: 'Name' } }],
      save: 'reference',
      exits: { next: 'thanks' },
    },
    { id: 'thanks', type: 'end', text: { ar: 'رقمك {{reference}}.', en: 'Your reference is {{reference}}.' } },
  ],
});
const program = toProgram([form]);

describe('a form', () => {
  it('asks, checks, confirms and opens a case', () => {
    play(program, {
      title: 'form',
      flow: 'form',
      language: 'ar',
      turns: [
        { expect: ['ما اسمك؟'] },
        { say: 'محمد علي', expect: ['كم عددكم؟'] },
        { say: 'كثير', expect: [{ contains: 'عدد' }] },
        { say: '٦', expect: [{ text: 'الاسم: محمد علي\nالعدد: 6\nهل هذا صحيح؟', choices: ['نعم', 'لا'] }] },
        { tap: 'yes', expect: ['رقمك W-1000009.'], effects: [{ type: 'open-case', kind: 'assistance' }], ended: true },
      ],
    });
  });
});
