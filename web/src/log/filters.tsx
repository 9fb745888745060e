import { DownloadOutlined } from "@ant-design/icons";
import { Button, Flex, Input, Select } from "antd";
import { useTranslation } from "react-i18next";

export interface Filter {
  model?: string;
  group?: string;
  outcome?: "" | "ok" | "failed";
  request_id?: string;
  since?: string;
  until?: string;
  account_id?: number;
  channel_id?: number;
}

/** What narrows the log; dates are whole moments of the reader's own zone. */
export function Filters({
  value,
  house,
  onChange,
}: {
  value: Filter;
  house: boolean;
  onChange: (filter: Filter) => void;
}) {
  const { t } = useTranslation();
  const put = (name: keyof Filter, typed: string) => {
    const rest = Object.entries(value).filter(([known]) => known !== name);
    onChange(
      Object.fromEntries(typed === "" ? rest : [...rest, [name, asked(name, typed)]]) as Filter,
    );
  };
  const words: (keyof Filter)[] = house
    ? ["model", "group", "request_id", "account_id", "channel_id"]
    : ["model", "group", "request_id"];
  const query = new URLSearchParams(
    Object.entries({ ...value, mine: String(!house) }).map(([name, one]) => [name, String(one)]),
  );
  return (
    <Flex wrap gap="small" style={{ marginBottom: 16 }}>
      <Select
        aria-label={t("field.outcome")}
        value={value.outcome ?? ""}
        style={{ width: 140 }}
        onChange={(typed) => put("outcome", typed)}
        options={(["", "ok", "failed"] as const).map((one) => ({
          value: one,
          label: t(`log.outcome.${one || "all"}`),
        }))}
      />
      {words.map((name) => (
        <Input.Search
          key={name}
          allowClear
          aria-label={t(`field.${name}`)}
          placeholder={t(`field.${name}`)}
          style={{ width: name === "request_id" ? 220 : 150 }}
          onSearch={(typed) => put(name, typed.trim())}
        />
      ))}
      {(["since", "until"] as const).map((name) => (
        <Input
          key={name}
          type="datetime-local"
          aria-label={t(`field.${name}`)}
          title={t(`field.${name}`)}
          style={{ width: 200 }}
          onChange={(change) => put(name, change.target.value)}
        />
      ))}
      <Button icon={<DownloadOutlined />} href={`/api/v1/log/export?${query}`} download>
        {t("log.export")}
      </Button>
    </Flex>
  );
}

function asked(name: keyof Filter, typed: string): string | number {
  if (name === "since" || name === "until") return new Date(typed).toISOString();
  return name === "account_id" || name === "channel_id" ? Number(typed) || 0 : typed;
}
