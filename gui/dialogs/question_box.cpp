#include "dialogs/question_box.h"

#include "app/icons.h"

#include <QMessageBox>
#include <QPushButton>
#include <QStyle>

namespace steelyard::gui {

namespace {

constexpr qsizetype kMostVictims = 12;

} // namespace

void askQuestion(QWidget* parent, const Question& question, std::function<void()> yes)
{
    auto* box = new QMessageBox(parent);
    box->setObjectName(QStringLiteral("question"));
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->setIcon(QMessageBox::Warning); // for the sound and for screen readers
    const int side = box->style()->pixelMetric(QStyle::PM_MessageBoxIconSize);
    box->setIconPixmap(
        icon(QStringLiteral("warning")).pixmap(QSize(side, side), box->devicePixelRatioF()));
    box->setWindowTitle(question.title);
    box->setText(question.text);
    QStringList victims = question.victims.mid(0, kMostVictims);
    if (question.victims.size() > kMostVictims) {
        victims << Operator::tr("and %n more", nullptr,
                                static_cast<int>(question.victims.size() - kMostVictims));
    }
    box->setInformativeText(victims.join(u'\n'));
    QPushButton* verb = box->addButton(question.verb, QMessageBox::AcceptRole);
    verb->setObjectName(QStringLiteral("question-verb"));
    QPushButton* cancel = box->addButton(QMessageBox::Cancel);
    box->setDefaultButton(cancel);
    box->setEscapeButton(cancel);
    QObject::connect(verb, &QPushButton::clicked, box, [yes = std::move(yes)] { yes(); });
    box->open();
    cancel->setFocus();
}

} // namespace steelyard::gui
