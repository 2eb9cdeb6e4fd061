//! Telegrams and bulletins: the same formula about another event. Two of a kind share most of their
//! words, and no editor would call one a copy of the other.

use super::article::{Article, moment};
use super::calendar::Date;
use super::names::PAPERS;
use super::random::Random;
use super::sentence::{Writer, eastern};

/// A formula.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Template {
    /// A telegram of condolence.
    Condolence,
    /// A telegram of congratulation.
    Congratulation,
    /// The weather of the day.
    Weather,
    /// Gold prices of the day.
    Gold,
    /// One more relief flight, numbered.
    ReliefFlight,
    /// The arrests of the day.
    Arrests,
    /// The stock exchange's close.
    Exchange,
    /// A sentence carried out.
    Sentence,
}

impl Template {
    /// All of them.
    pub const ALL: [Template; 8] = [
        Self::Condolence,
        Self::Congratulation,
        Self::Weather,
        Self::Gold,
        Self::ReliefFlight,
        Self::Arrests,
        Self::Exchange,
        Self::Sentence,
    ];

    /// A name for tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Condolence => "condolence",
            Self::Congratulation => "congratulation",
            Self::Weather => "weather",
            Self::Gold => "gold",
            Self::ReliefFlight => "relief-flight",
            Self::Arrests => "arrests",
            Self::Exchange => "exchange",
            Self::Sentence => "sentence",
        }
    }

    /// Instance `number` of this formula under `seed`, with names, places, numbers and the date its
    /// own: number 0 is of the first day, and one follows a day.
    #[must_use]
    pub fn article(self, seed: u64, number: u64) -> Article {
        self.published(seed, number, moment(seed, number.saturating_mul(1440)))
    }

    /// Instance `number`, published at another moment.
    pub(super) fn published(self, seed: u64, number: u64, published: i64) -> Article {
        let mut random = Random::of(seed, 5 + self as u64, number);
        let source = PAPERS[random.below(PAPERS.len())].key;
        let with_eastern = random.chance(0.25);
        let (title, text) = self.formula();
        let date = Date::of(published);
        let today = format!("{} {}", date.day, date.month_name());
        let serial = (number + 1).to_string();
        let mut writer = Writer::new(random, date, false);
        let mut write = |frame: &str| {
            writer.write(&frame.replace('S', &serial).replace('Z', &today));
            let text = std::mem::take(&mut writer.out);
            if with_eastern { eastern(&text) } else { text }
        };
        let (title, text) = (write(title), write(text));
        Article {
            id: format!("{}-{seed:x}-{number}", self.name()),
            title,
            source,
            text,
            published,
        }
    }

    /// Headline and text; the slots are those of the sentence frames, save that
    /// `Z` is the very day; `S` is the serial number.
    fn formula(self) -> (&'static str, &'static str) {
        match self {
            Self::Condolence => (
                "القيادة تعزي في وفاة F",
                "بعث الملك برقية عزاء ومواساة إلى P في وفاة شقيقه، رحمه الله، الذي وافته المنية في C يوم T الموافق Z بعد مسيرة امتدت Q عاماً.\n\
                 وأعرب في البرقية باسمه واسم شعب المملكة وحكومتها عن أحر التعازي وأصدق المواساة لأسرة الفقيد ولأهالي L كافة، \
                 سائلاً المولى عز وجل أن يتغمده بواسع رحمته ومغفرته، وأن يسكنه فسيح جناته، وأن يلهم ذويه الصبر والسلوان.\n\
                 كما بعث ولي العهد برقية مماثلة أعرب فيها عن بالغ التعازي وصادق المواساة، داعياً الله أن يحفظهم من كل سوء ومكروه، إنه سميع مجيب.\n",
            ),
            Self::Congratulation => (
                "القيادة تهنئ C باليوم الوطني",
                "بعث الملك برقية تهنئة إلى P بمناسبة ذكرى اليوم الوطني لبلاده C، التي توافق Z.\n\
                 وأعرب باسمه واسم شعب المملكة وحكومتها عن أصدق التهاني وأطيب التمنيات بالصحة والسعادة لفخامته، \
                 ولشعب C الصديق اطراد التقدم والازدهار، منوهاً بالعلاقات المتميزة التي تربط البلدين منذ Q عاماً.\n\
                 وبعث ولي العهد برقية مماثلة عبر فيها عن أطيب التهاني وأصدق التمنيات بموفور الصحة والسعادة، وللشعب الصديق المزيد من التقدم والرخاء.\n",
            ),
            Self::Weather => (
                "حالة الطقس المتوقعة اليوم T Z",
                "توقعت هيئة الأرصاد في تقريرها عن حالة الطقس لهذا اليوم T أن تنشط الرياح السطحية المثيرة للأتربة والغبار على أجزاء من L وL، تمتد إلى L، \
                 مع فرصة لتكون السحب الرعدية الممطرة على مرتفعات C، في حين يتكون الضباب خلال ساعات الليل والصباح الباكر.\n\
                 وتكون حركة الرياح السطحية شمالية غربية إلى شمالية بسرعة Q كيلومتراً في الساعة، وارتفاع الموج من متر إلى مترين، وحالة البحر متوسط الموج.\n\
                 درجات الحرارة المتوقعة: الرياض 4R، جدة 3R، أبها 2R، الدمام 4R، القاهرة 3R، عمّان 2R، بغداد 4R، بيروت 2R. ونسبة الرطوبة B في المئة.\n",
            ),
            Self::Gold => (
                "أسعار الذهب اليوم T Z في C",
                "سجلت أسعار الذهب في C اليوم T، Z، تغيراً طفيفاً مقارنة بأسعار أمس، وفق آخر تحديث صباح اليوم.\n\
                 وبلغ سعر غرام الذهب عيار 24 نحو 3RRR، وسجل سعر غرام الذهب عيار 22 نحو 2RRR، \
                 وبلغ سعر غرام الذهب عيار 21، وهو الأكثر تداولاً، نحو 2RRR، فيما سجل عيار 18 نحو 1RRR.\n\
                 وبلغ سعر الجنيه الذهب 2RRRR، وسعر الأونصة عالمياً 2RRR دولاراً، بنسبة تغير B في المئة، \
                 وتختلف الأسعار من محل إلى آخر بحسب قيمة المصنعية والدمغة والضريبة.\n",
            ),
            Self::ReliefFlight => (
                "وصول طائرة الإغاثة رقم S إلى C",
                "وصلت إلى مطار L اليوم T الطائرة الإغاثية رقم S التي يسيرها مركز الإغاثة والأعمال الإنسانية، وتحمل على متنها Q طناً من المساعدات \
                 تشتمل على السلال الغذائية والحقائب الإيوائية والمواد الطبية، تمهيداً لنقلها إلى المتضررين في C.\n\
                 وقال P إن هذه المساعدات تأتي ضمن الجسر الجوي المتواصل للتخفيف من معاناة الأسر المتضررة، ويستفيد منها Y شخص.\n\
                 وتجسد هذه المساعدات الدور الإنساني الذي تقوم به المملكة تجاه الدول الشقيقة والصديقة في مختلف الأزمات والمحن.\n",
            ),
            Self::Arrests => (
                "ضبط Q مخالفاً خلال يوم T",
                "أسفرت الحملات الميدانية المشتركة لمتابعة مخالفي أنظمة الإقامة والعمل وأمن الحدود يوم T، Z، عن ضبط Y مخالفاً في مختلف المناطق، \
                 منهم Y مخالفاً لنظام الإقامة، وY مخالفاً لنظام أمن الحدود، وY مخالفاً لنظام العمل.\n\
                 وبلغ إجمالي من تم ضبطهم خلال محاولتهم عبور الحدود Q شخصاً، B في المئة منهم من C، كما تم ضبط Q متورطاً في نقل المخالفين وإيوائهم في L وL.\n\
                 وأكدت وزارة الداخلية أن كل من يسهل دخول المخالفين أو ينقلهم أو يوفر لهم المأوى يعرض نفسه لعقوبات تصل إلى السجن وغرامة مالية، \
                 وحثت على الإبلاغ عن المخالفات على الأرقام المخصصة.\n",
            ),
            Self::Exchange => (
                "مؤشر سوق C يغلق عند مستوى Y نقطة",
                "أغلق مؤشر سوق الأسهم في C اليوم T على تغير بلغ Q نقطة ليقفل عند مستوى Y نقطة، بتداولات بلغت قيمتها Y مليون دولار.\n\
                 وبلغت كمية الأسهم المتداولة Y مليون سهم، تقاسمتها Y صفقة، سجلت فيها أسهم Q شركة ارتفاعاً في قيمتها، فيما أغلقت أسهم Q شركة على تراجع.\n\
                 وكانت أسهم شركات F وF وF الأكثر ارتفاعاً، وتراوحت نسب الارتفاع والانخفاض بين B وB في المئة.\n",
            ),
            Self::Sentence => (
                "تنفيذ حكم القصاص في جان بمنطقة L",
                "أصدرت وزارة الداخلية اليوم T بياناً بشأن تنفيذ حكم القصاص في أحد الجناة في منطقة L، فيما يلي نصه: \
                 أقدم F، من مواطني C، على قتل F وذلك بإطلاق النار عليه إثر خلاف حصل بينهما.\n\
                 وبفضل الله تمكنت سلطات الأمن من القبض على الجاني المذكور، وأسفر التحقيق معه عن توجيه الاتهام إليه بارتكاب جريمته، \
                 وبإحالته إلى المحكمة صدر بحقه صك يقضي بثبوت ما نسب إليه والحكم عليه بالقتل قصاصاً، وأيد الحكم من مرجعه برقم Y عام E.\n\
                 ووزارة الداخلية إذ تعلن عن ذلك لتؤكد للجميع حرص الحكومة على استتباب الأمن وتحقيق العدل، \
                 وتحذر في الوقت نفسه كل من تسول له نفسه الإقدام على مثل ذلك بأن العقاب الشرعي سيكون مصيره.\n",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token;

    #[test]
    fn instances_differ_and_share_their_formula() {
        for template in Template::ALL {
            let (a, b) = (template.article(1, 0).text, template.article(1, 1).text);
            assert_ne!(a, b);
            assert!(!a.contains(|c: char| c.is_ascii_uppercase()), "{a}");
            let words = |text: &str| {
                token::words(text)
                    .map(|r| text[r].to_owned())
                    .collect::<Vec<_>>()
            };
            let (a, b) = (words(&a), words(&b));
            let shared = a.iter().filter(|word| b.contains(word)).count();
            assert!(
                shared * 10 > a.len() * 6 && shared < a.len(),
                "{} {shared}",
                template.name()
            );
        }
    }
}
