/**
 * Conditions that packs declare, computed in the browser as the server computes them (src/yiwang/kernel/expressions).
 *
 * The server has checked every expression that reaches a page: it is of the subset of CEL that both engines compute alike.
 * This is a convenience for whoever fills in a form; the server computes again and decides.
 * tests/vectors/expressions.json runs through this file in Chromium.
 */
import { celEnv, celFunc, CelScalar, isCelError, isCelList, parse, plan } from "@bufbuild/cel";
import type { CelInput, CelValue } from "@bufbuild/cel";

/** What a form knows about one element. `type` as declared; a date is "2026-11-21"; null and undefined mean absent. */
export interface Fact {
  type: string;
  value: unknown;
}

export type Outcome = string | number | boolean | Outcome[];

/** The outcome when a needed fact is absent: neither yes nor no. */
export const UNKNOWN: unique symbol = Symbol("unknown");

/** The expression cannot be computed over these values. Not an answer: never go on as if it were no. */
export class ExpressionFault extends Error {}

const LONGEST = 500;
const LONGEST_TEXT = 10_000;
const LONGEST_LIST = 1_000;
const FIRST_YEAR = 1000;
const LAST_YEAR = 9999;

const TYPES: Record<string, "text" | "integer" | "boolean" | "date"> = {
  text: "text",
  code: "text",
  phone: "text",
  place: "text",
  "citizen-id": "text",
  "credit-code": "text",
  integer: "integer",
  money: "integer",
  boolean: "boolean",
  date: "date",
  instant: "date",
};

// Civil dates travel through the engine as their ISO texts: these sort as dates do, and the server has seen to it that no
// expression treats one as a text.
const { INT, STRING } = CelScalar;

const environment = celEnv({
  funcs: [
    celFunc("date", [STRING], STRING, (text) => iso(read(text))),
    celFunc("year", [STRING], INT, (day) => BigInt(read(day).getUTCFullYear())),
    celFunc("month", [STRING], INT, (day) => BigInt(read(day).getUTCMonth() + 1)),
    celFunc("day", [STRING], INT, (day) => BigInt(read(day).getUTCDate())),
    celFunc("days_between", [STRING, STRING], INT, (first, second) =>
      BigInt((read(second).getTime() - read(first).getTime()) / 86_400_000),
    ),
    celFunc("years_between", [STRING, STRING], INT, (first, second) => BigInt(yearsBetween(read(first), read(second)))),
    celFunc("add_days", [STRING, INT], STRING, (day, days) => iso(addDays(read(day), Number(days)))),
    celFunc("add_months", [STRING, INT], STRING, (day, months) => iso(addMonths(read(day), Number(months)))),
  ],
});

interface Program {
  run: (facts: Record<string, CelInput>) => unknown;
  mentions: ReadonlySet<string>;
}

const programs = new Map<string, Program>();

/**
 * Compute `expression` over `variables` (dotted element name → fact).
 *
 * Gives a value (a date as its ISO text), or UNKNOWN when it cannot be computed while a fact that it names is absent.
 * Throws ExpressionFault when all are there and there is still no value.
 */
export function evaluate(expression: string, variables: Record<string, Fact | undefined>): Outcome | typeof UNKNOWN {
  const program = compile(expression);
  let absent = false;
  try {
    const facts: Record<string, CelInput> = {};
    for (const name of program.mentions) {
      const fact = variables[name];
      if (fact === undefined || fact.value === null || fact.value === undefined) absent = true;
      else facts[name] = into(name, fact.type, fact.value);
    }
    return out(program.run(facts));
  } catch (error) {
    if (absent && error instanceof ExpressionFault) return UNKNOWN;
    throw error;
  }
}

function compile(expression: string): Program {
  const known = programs.get(expression);
  if (known) return known;
  if ([...expression].length > LONGEST) throw new ExpressionFault(`The expression has over ${LONGEST} characters.`);
  try {
    const parsed = parse(expression);
    const mentions = new Set<string>();
    mention(parsed.expr, new Set(), mentions);
    const program = { run: plan(environment, parsed) as Program["run"], mentions };
    programs.set(expression, program);
    return program;
  } catch (error) {
    throw new ExpressionFault(`The expression cannot be read: ${String(error)}`);
  }
}

/** Collect the names of facts, leaving out what `all` and `exists` bind. */
function mention(node: unknown, bound: ReadonlySet<string>, mentions: Set<string>): void {
  const kind = (node as { exprKind?: { case?: string; value?: Record<string, unknown> } } | undefined)?.exprKind;
  if (!kind?.case || !kind.value) return;
  const value = kind.value;
  switch (kind.case) {
    case "identExpr":
    case "selectExpr": {
      const path = dotted(node);
      if (path && !bound.has(path)) mentions.add(path);
      else if (!path) mention(value.operand, bound, mentions);
      return;
    }
    case "callExpr":
      mention(value.target, bound, mentions);
      for (const argument of value.args as unknown[]) mention(argument, bound, mentions);
      return;
    case "listExpr":
      for (const element of value.elements as unknown[]) mention(element, bound, mentions);
      return;
    case "comprehensionExpr": {
      mention(value.iterRange, bound, mentions);
      const inside = new Set([...bound, value.iterVar as string, value.accuVar as string]);
      for (const part of [value.accuInit, value.loopCondition, value.loopStep, value.result]) {
        mention(part, inside, mentions);
      }
    }
  }
}

function dotted(node: unknown): string {
  const kind = (node as { exprKind?: { case?: string; value?: Record<string, unknown> } } | undefined)?.exprKind;
  if (kind?.case === "identExpr") return String(kind.value?.name).replace(/^\./, "");
  if (kind?.case !== "selectExpr") return "";
  const before = dotted(kind.value?.operand);
  return before && `${before}.${String(kind.value?.field)}`;
}

function into(name: string, type: string, value: unknown): CelInput {
  const inner = /^list\((.*)\)$/.exec(type)?.[1];
  if (inner !== undefined) {
    if (!Array.isArray(value) || value.length > LONGEST_LIST) throw unfit(name, type);
    return value.map((one) => into(name, inner, one));
  }
  switch (TYPES[type]) {
    case "boolean":
      if (typeof value === "boolean") return value;
      break;
    case "integer":
      if (typeof value === "number" && Number.isSafeInteger(value)) return BigInt(value);
      break;
    case "text":
      if (typeof value === "string" && [...value].length <= LONGEST_TEXT && isWhole(value)) return value;
      break;
    case "date":
      if (typeof value === "string") {
        try {
          return iso(read(value));
        } catch {
          break;
        }
      }
  }
  throw unfit(name, type);
}

function unfit(name: string, type: string): ExpressionFault {
  return new ExpressionFault(`${name} must be a ${type} within its limits.`);
}

/** No NUL and no half of a surrogate pair. */
function isWhole(text: string): boolean {
  return !/\0|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/.test(text);
}

function out(value: unknown): Outcome {
  if (isCelError(value)) throw new ExpressionFault(value.message);
  if (typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "bigint") {
    if (!Number.isSafeInteger(Number(value))) throw new ExpressionFault("The result is over 2^53 - 1.");
    return Number(value);
  }
  if (isCelList(value)) return Array.from(value as Iterable<CelValue>, out);
  throw new ExpressionFault(`The engine gave a ${typeof value}.`);
}

// ── civil dates ──

function read(text: string): Date {
  const parts = /^([0-9]{4})-([0-9]{2})-([0-9]{2})$/.exec(text);
  const day = parts ? midnight(Number(parts[1]), Number(parts[2]) - 1, Number(parts[3])) : undefined;
  if (!day || iso(day) !== text) throw new RangeError(`${text} is no date.`);
  return day;
}

function midnight(year: number, month: number, day: number): Date {
  return new Date(Date.UTC(year, month, day));
}

function iso(day: Date): string {
  const year = day.getUTCFullYear();
  if (!(year >= FIRST_YEAR && year <= LAST_YEAR)) throw new RangeError("The date is outside the calendar.");
  return day.toISOString().slice(0, 10);
}

function addDays(day: Date, days: number): Date {
  return new Date(day.getTime() + days * 86_400_000);
}

/** The day of the same number, or the last of that month (民法典 art. 202). */
function addMonths(day: Date, months: number): Date {
  const year = day.getUTCFullYear();
  const month = day.getUTCMonth() + months;
  const last = midnight(year, month + 1, 0).getUTCDate();
  return midnight(year, month, Math.min(day.getUTCDate(), last));
}

function yearsBetween(first: Date, second: Date): number {
  const years = second.getUTCFullYear() - first.getUTCFullYear();
  return addMonths(first, 12 * years).getTime() <= second.getTime() ? years : years - 1;
}
