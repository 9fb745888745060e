import { theme } from "antd";
import { type KeyboardEvent, type ReactNode, useId, useState } from "react";

interface Tab {
  key: string;
  label: string;
  children: ReactNode;
}

const STEPS: Record<string, number> = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

/** Tabs that wrap where they do not fit, and that arrow keys walk through. What was opened stays. */
export function Tabs({ items, label }: { items: readonly Tab[]; label: string }) {
  const id = useId();
  const { token } = theme.useToken();
  const [chosen, setChosen] = useState(items[0]?.key ?? "");
  const [opened, setOpened] = useState<readonly string[]>([chosen]);
  const shown = items.find((item) => item.key === chosen) ?? items[0];
  const open = (key: string) => {
    setChosen(key);
    setOpened((before) => (before.includes(key) ? before : [...before, key]));
  };
  const walk = (press: KeyboardEvent) => {
    const step = STEPS[press.key];
    if (step === undefined) return;
    press.preventDefault();
    const place = items.findIndex((item) => item.key === shown?.key);
    const next = items[(place + step + items.length) % items.length];
    if (!next) return;
    open(next.key);
    document.getElementById(`${id}${next.key}`)?.focus();
  };
  return (
    <>
      <div
        role="tablist"
        aria-label={label}
        className="tabs"
        onKeyDown={walk}
        style={{ borderBottom: `1px solid ${token.colorBorderSecondary}` }}
      >
        {items.map((item) => (
          <button
            key={item.key}
            id={`${id}${item.key}`}
            type="button"
            role="tab"
            aria-selected={item === shown}
            aria-controls={`${id}${item.key}-panel`}
            tabIndex={item === shown ? 0 : -1}
            onClick={() => open(item.key)}
            style={{
              color: item === shown ? token.colorLink : token.colorText,
              borderBottomColor: item === shown ? token.colorLink : "transparent",
            }}
          >
            {item.label}
          </button>
        ))}
      </div>
      {items.map((item) => (
        <div
          key={item.key}
          id={`${id}${item.key}-panel`}
          role="tabpanel"
          aria-labelledby={`${id}${item.key}`}
          hidden={item !== shown}
        >
          {opened.includes(item.key) && item.children}
        </div>
      ))}
    </>
  );
}
