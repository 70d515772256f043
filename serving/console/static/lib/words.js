// Chinese words for the values and codes of the API.
const WORDS = {
  role: { editor: "编辑", operator: "省级运营", scientist: "数据分析", admin: "管理员", app: "应用" },
  level: { province: "省级", city: "市级", county: "县级", township: "乡镇", unknown: "未知" },
  scene: { home: "首页", channel: "频道", local: "本地", related: "相关推荐", push: "推送" },
  state: { live: "在线", taken_down: "已撤稿" },
  relation: { identical: "原文相同", reprint: "转载", same_event: "同一事件", same_topic: "同题", unrelated: "无关" },
  tag_kind: {
    topic: "主题",
    fine_topic: "细主题",
    place: "地点",
    keyword: "关键词",
    person: "人物",
    organisation: "机构",
  },
  tag_state: { suggested: "待定", accepted: "已采纳", rejected: "已否定" },
  assigned_by: { model: "模型", editor: "编辑" },
  action: { pin: "置顶", must_carry: "必推", insert: "插入", boost: "加权", suppress: "降权", block: "屏蔽" },
  authority: { outlet: "本媒体", platform: "省级平台" },
  placed_by: { model: "算法", editor: "编辑", must_carry: "必推", fallback: "兜底" },
  outcome: {
    placed: "已上位",
    moved: "已移位",
    outranked: "让位",
    not_showable: "不可展示",
    gone: "稿件已不在",
    in_force: "生效中",
  },
  reason: {
    interest: "兴趣",
    near: "相近内容",
    read_after: "读后续读",
    hot_here: "本地热点",
    hot_city: "全市热点",
    hot_province: "全省热点",
    local: "本地",
    fresh: "新发布",
    own_outlet: "本媒体",
    mainstream: "主流内容",
    related: "相关",
    explore: "拓展",
  },
  source: {
    interest: "兴趣",
    read_after: "读后续读",
    hot: "热点",
    local: "本地",
    fresh: "新发布",
    pool: "主流内容池",
    related: "相关",
    explore: "拓展",
    channel: "频道",
    editor: "编辑",
    recent: "最近",
  },
  coverage_state: { planned: "筹备", live: "进行中", closed: "已结束" },
  claim_state: { claimed: "已认领", filed: "已交稿", released: "已放弃", expired: "已过期" },
  submission_state: { submitted: "待处理", accepted: "已采用", declined: "已谢绝", withdrawn: "已撤回" },
  adopted_by: { copy: "转载", submission: "报送" },
  reuse: { open: "可全文转载", link_out: "仅可链接", none: "不可转载" },
  version: { only: "唯一版本", own: "本媒体版本", city: "市级版本", province: "省级版本", first: "首发版本" },
  dated: { warning: "预警", forecast: "预报", outage: "停水停电", call: "征集报名" },
  amount: { less: "少看", none: "不看" },
  event: {
    expose: "曝光",
    click: "点击",
    stay: "停留",
    like: "点赞",
    collect: "收藏",
    share: "分享",
    comment: "评论",
    dislike: "不感兴趣",
  },
};

const PROBLEMS = {
  unreachable: ["连不上服务", "请检查网络，稍后再试。"],
  unreadable: ["服务的回答无法读取", "请稍后再试；仍不行请联系运维。"],
  page_broke: ["页面出了问题", "请刷新页面；仍不行请联系运维。"],
  unauthenticated: ["登录已失效或密钥无效", "请用有效的密钥重新登录。"],
  key_expired: ["密钥已到期", "请用新换的密钥登录，或请平台另发一个。"],
  key_revoked: ["密钥已停用", "请联系平台另发一个密钥。"],
  too_many_failed_logins: ["密钥错误次数太多", "请稍等几分钟，核对密钥后再试。"],
  link_ended: ["链接已失效", "请回到客户端，从设置里重新打开。"],
  out_of_scope: ["这个密钥没有开放该功能", "请联系平台调整密钥的范围。"],
  model_refused: ["模型没有通过检查", "没有任何改变，当前模型继续使用。"],
  artefact_invalid: ["模型文件不完整", "没有任何改变，请检查模型文件夹。"],
  engine_unavailable: ["计算集群连不上", "请联系运维。"],
  index_unavailable: ["索引暂时不可用", "请稍后再试。"],
  store_outdated: ["数据库需要升级", "请联系运维。"],
  store_newer: ["数据库是更新的版本", "请联系运维。"],
  invalid_outlet: ["媒体有误", "请核对媒体编号。"],
  forbidden: ["没有权限", "当前密钥的角色或所属媒体不允许这样做。"],
  csrf_refused: ["页面已过期", "请刷新页面后再试。"],
  not_found: ["没有找到", "它可能已被撤下，或编号有误。"],
  rate_limited: ["操作太频繁", "请稍等一会儿再试。"],
  conflict: ["与现有内容冲突", "可能有人刚刚改过，请刷新后再试。"],
  invalid_request: ["填写的内容不符合要求", "请按下面的提示修改。"],
  invalid_story: ["稿件不符合要求", "请按下面的提示修改。"],
  invalid_tag: ["标签不符合要求", "请按下面的提示修改。"],
  invalid_placement: ["干预设置不符合要求", "请按下面的提示修改。"],
  invalid_coverage: ["专题设置不符合要求", "请按下面的提示修改。"],
  invalid_submission: ["报送内容不符合要求", "请按下面的提示修改。"],
  invalid_event: ["行为数据不符合要求", "请按下面的提示修改。"],
  invalid_cursor: ["翻页位置已失效", "请从第一页重新查看。"],
  cursor_expired: ["翻页位置已过期", "请从第一页重新查看。"],
  payload_too_large: ["内容太长", "请分成几次提交。"],
  too_many_must_carry: ["必推已满", "请先结束一条必推，或换个时间、减少媒体。"],
  angle_claimed: ["这个角度已有人认领", "请与对方商量，或另选角度。"],
  coverage_closed: ["专题已结束", "请先重新打开专题。"],
  store_unavailable: ["数据库暂时不可用", "没有保存任何内容，可以放心重试。"],
  encoder_unavailable: ["文本模型暂时不可用", "请稍后再试。"],
  malformed_json: ["请求格式有误", "请刷新页面后再试。"],
  no_such_route: ["没有这个功能", "服务版本可能较旧，请联系运维。"],
  internal: ["服务出错", "请稍后再试；仍不行，请把下面的编号告诉运维。"],
};

const FIELDS = {
  title: "标题",
  body: "正文",
  author: "作者",
  source: "来源",
  published_at: "发布时间",
  expires_at: "失效时间",
  outlet_id: "媒体",
  url: "网址",
  key: "密钥",
  reason: "原因",
  label: "名称",
  code: "编码",
  words: "搜索词",
  q: "搜索词",
  topic: "主题",
  place: "地点",
  since: "开始时间",
  until: "结束时间",
  starts_at: "开始时间",
  position: "位置",
  story_id: "稿件",
  adcode: "地区",
  note: "说明",
};

/** The Chinese word for a value, or the value itself where there is none. */
export function word(kind, value) {
  return WORDS[kind]?.[value] ?? (value === null || value === undefined ? "" : String(value));
}

/** All values of one kind with their words, in order, for lists to choose from. */
export function choices(kind) {
  return Object.entries(WORDS[kind]).map(([value, label]) => ({ value, label }));
}

/** What a problem means: `{title, advice}`, in Chinese. */
export function problemWords(problem) {
  const [title, advice] = PROBLEMS[problem.code] ?? ["没有成功", "请稍后再试；仍不行请联系运维。"];
  return { title, advice };
}

/** The Chinese name of a form's field. */
export function fieldWord(name) {
  const last = String(name).split(".").filter((part) => !/^\d+$/.test(part)).pop() ?? "";
  return FIELDS[last] ?? "有一项";
}
