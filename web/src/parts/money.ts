// Amounts come in USD as decimal text, and are shown in the currency that the operator chose.
import { useSite } from "../shell/site";

const SIGNS: Record<string, string> = { USD: "$", CNY: "¥", EUR: "€", GBP: "£", JPY: "¥" };

export type Money = (usd: string | number | null | undefined) => string;

export function useMoney(): Money {
  const { display_currency: currency, display_rate: rate } = useSite();
  return (usd) =>
    usd === null || usd === undefined || usd === ""
      ? "–"
      : shownMoney(Number(usd), currency, Number(rate));
}

export function shownMoney(usd: number, currency: string, rate: number): string {
  const amount = usd * rate;
  const figure = Number(Math.abs(amount).toPrecision(7))
    .toFixed(9)
    .replace(/\.?0+$/, "");
  const sign = SIGNS[currency] ?? `${currency} `;
  return `${amount < 0 ? "−" : ""}${sign}${figure}`;
}
